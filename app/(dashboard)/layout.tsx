import type { ReactNode } from 'react'
import { ContainerCommands } from '#components/containers/container-commands.tsx'
import { Dashboard } from '#components/frame/dashboard.tsx'

export default function DashboardLayout({ children }: { children: ReactNode }) {
  return (
    <Dashboard>
      <ContainerCommands />
      {children}
    </Dashboard>
  )
}
