import { SetupPage } from '#components/setup/setup-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('setup')

export default function Page() {
  return <SetupPage />
}
