import { ContainerPage } from '#components/containers/container-page.tsx'
import { pageTitle } from '../../../../page-language.ts'

export const generateMetadata = () => pageTitle('containers')

export default async function Page({ params }: { params: Promise<{ hostId: string; containerId: string }> }) {
  return <ContainerPage {...(await params)} />
}
