import { DiskPage } from '#components/disk/disk-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('disk')

export default function Page() {
  return <DiskPage />
}
