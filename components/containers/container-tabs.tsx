import type { ComponentType } from 'react'
import { FilesTab } from '#components/files/files-tab.tsx'
import { LogsTab } from '#components/logs/logs-tab.tsx'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { StatsTab } from '#components/stats/stats-tab.tsx'
import { TerminalTab } from '#components/terminal/terminal-tab.tsx'
import type { Permission } from '#lib/permissions.ts'
import { ChangesTab } from './changes-tab.tsx'
import { EnvironmentTab } from './environment-tab.tsx'
import { InspectTab } from './inspect-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { ProcessesTab } from './processes-tab.tsx'

export interface ContainerTab {
  /** Its name in the URL (`?tab=`) and in the catalogue (`containers.drawer.tabs`). */
  id:
    | 'overview'
    | 'logs'
    | 'terminal'
    | 'stats'
    | 'processes'
    | 'files'
    | 'changes'
    | 'environment'
    | 'inspect'
  permission: Permission
  /** Reaches into the container, which the server refuses in a preview. */
  reaches?: true
  /** Fills the height that is left and scrolls by itself. Heavy ones (xterm, charts) are loaded with next/dynamic. */
  Content: ComponentType<ContainerTabProps>
}

/** The tabs of a container, in the drawer and on its page, in order. A tab that one may not use is not shown. */
export const containerTabs: readonly ContainerTab[] = [
  { id: 'overview', permission: 'containers.view', Content: OverviewTab },
  { id: 'logs', permission: 'containers.logs', Content: LogsTab },
  { id: 'terminal', permission: 'containers.exec', reaches: true, Content: TerminalTab },
  { id: 'stats', permission: 'containers.stats', Content: StatsTab },
  { id: 'processes', permission: 'containers.top', Content: ProcessesTab },
  { id: 'files', permission: 'containers.files.read', reaches: true, Content: FilesTab },
  { id: 'changes', permission: 'containers.changes', Content: ChangesTab },
  { id: 'environment', permission: 'containers.view', Content: EnvironmentTab },
  { id: 'inspect', permission: 'containers.view', Content: InspectTab },
]
