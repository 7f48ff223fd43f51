import { ArchivesPage } from '#components/archives/archives-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('archives')

export default function Page() {
  return <ArchivesPage />
}
