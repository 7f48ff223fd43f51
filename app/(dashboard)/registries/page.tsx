import { RegistriesPage } from '#components/registries/registries-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('registries')

export default function Page() {
  return <RegistriesPage />
}
