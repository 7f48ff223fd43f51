import { ProviderReturn } from '#components/login/provider-return.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('login')

export default function Page() {
  return <ProviderReturn />
}
