import { JoinPage } from '#components/join/join-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('join')

export default function Page() {
  return <JoinPage />
}
