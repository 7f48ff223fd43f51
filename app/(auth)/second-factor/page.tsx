import { NeededFactorPage } from '#components/account/needed-factor-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('secondFactor')

export default function Page() {
  return <NeededFactorPage />
}
