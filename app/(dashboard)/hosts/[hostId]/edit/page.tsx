import { EditHostPage } from '#components/hosts/edit-host-page.tsx'
import { pageTitle } from '../../../../page-language.ts'

export const generateMetadata = () => pageTitle('hosts')

export default async function Page({ params }: { params: Promise<{ hostId: string }> }) {
  return <EditHostPage {...(await params)} />
}
