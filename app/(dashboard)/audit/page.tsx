import { AuditPage } from '#components/audit/audit-page.tsx'
import { pageTitle } from '../../page-language.ts'

export const generateMetadata = () => pageTitle('audit')

export default function Page() {
  return <AuditPage />
}
