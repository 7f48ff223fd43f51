import { FleetPage } from '#components/fleet/fleet-page.tsx'
import { pageTitle } from '../page-language.ts'

export const generateMetadata = () => pageTitle('fleet')

export default function Page() {
  return <FleetPage />
}
