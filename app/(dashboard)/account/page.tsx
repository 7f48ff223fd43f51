import { AccountPage } from '#components/account/account-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('account')

export default function Page() {
  return <AccountPage />
}
