import { TerminalsPage } from '#components/terminal/terminals-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('terminal')

export default function Page() {
  return <TerminalsPage />
}
