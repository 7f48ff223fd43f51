import { CreatePage } from '#components/create/create-page.tsx'
import { pageTitle } from '../../../page-language.ts'

export const generateMetadata = () => pageTitle('newContainer')

export default function Page() {
  return <CreatePage />
}
