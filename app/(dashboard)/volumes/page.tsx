import { VolumesPage } from '#components/volumes/volumes-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('volumes')

export default function Page() {
  return <VolumesPage />
}
