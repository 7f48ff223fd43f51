'use client'
import { Download } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { filesOf, tarOfFiles } from './certificate-archive.ts'
import type { Pems } from './engine-set-up.ts'

/** The files of a certificate to keep, each or all as one, made on the page: the server has forgotten the key. */
export function CertificateFiles({ archive, pems }: { archive: string; pems: Pems }) {
  const t = useTranslations('hosts.engineAddress')
  const files = filesOf(pems)
  return (
    <div role="group" aria-label={t('files')} className="flex flex-wrap gap-2">
      <Button variant="primary" onClick={() => save(archive, tarOfFiles(files, Date.now()))}>
        <Download aria-hidden className="size-4" /> {archive}
      </Button>
      {files.map(([name, text]) => (
        <Button key={name} onClick={() => save(name, new Blob([text], { type: 'application/x-pem-file' }))}>
          <Download aria-hidden className="size-4" /> {name}
        </Button>
      ))}
    </div>
  )
}

/** Milliseconds after which a browser has what it was given. */
const takenMs = 10_000

function save(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), takenMs)
}
