'use client'
import { BasicsSection, type Pull } from './basics-section.tsx'
import { PairsSection } from './environment-section.tsx'
import { HealthSection, LogSection } from './health-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { NetworkSection } from './network-section.tsx'
import { PortsSection } from './ports-section.tsx'
import { SecuritySection } from './security-section.tsx'
import { StorageSection } from './storage-section.tsx'

/** All sections, in the order in which one thinks of them. */
export function CreateForm({ pull, onPull }: { pull: Pull; onPull(pull: Pull): void }) {
  return (
    <>
      <BasicsSection pull={pull} onPull={onPull} />
      <PairsSection field="env" />
      <PortsSection />
      <StorageSection />
      <NetworkSection />
      <LimitsSection />
      <HealthSection />
      <LogSection />
      <PairsSection field="labels" />
      <SecuritySection />
    </>
  )
}
