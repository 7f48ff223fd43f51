import { ApiReferencePage } from '#components/api-reference/api-reference-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('apiReference')

export default function Page() {
  return <ApiReferencePage />
}
