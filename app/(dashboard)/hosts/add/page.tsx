import { HostFormPage } from '#components/hosts/host-form.tsx'
import { pageTitle } from '../../../page-language.ts'

export const generateMetadata = () => pageTitle('hosts')

export default function Page() {
  return <HostFormPage />
}
