import { HostsPage } from '#components/hosts/hosts-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('hosts')

export default function Page() {
  return <HostsPage />
}
