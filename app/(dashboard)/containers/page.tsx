import { ContainersPage } from '#components/containers/containers-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('containers')

export default function Page() {
  return <ContainersPage />
}
