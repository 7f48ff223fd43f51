import { ImagesPage } from '#components/images/images-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('images')

export default function Page() {
  return <ImagesPage />
}
