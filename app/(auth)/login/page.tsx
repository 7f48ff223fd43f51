import { LoginPage } from '#components/login/login-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('login')

export default function Page() {
  return <LoginPage />
}
