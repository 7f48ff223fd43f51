import { UsersPage } from '#components/users/users-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('users')

export default function Page() {
  return <UsersPage />
}
