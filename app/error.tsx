'use client'
import { Crash } from '#components/frame/crash.tsx'

export default function ErrorPage({ error, reset }: { error: Error; reset(): void }) {
  return <Crash error={error} onRetry={reset} />
}
