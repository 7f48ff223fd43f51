import { LogsPage } from '#components/logs/logs-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('logs')

export default function Page() {
  return <LogsPage />
}
