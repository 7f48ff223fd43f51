'use client'
import { Rocket, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { usePermission } from '#components/data/use-session.ts'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { Drawer } from '#components/ui/drawer.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { ArchiveImage, ListedArchive } from '#lib/contracts/archives.ts'
import { useArchive } from './use-library.ts'

/** What was found in an archive, digest by digest. */
export function ArchiveDrawer({
  archive,
  isKnown,
  onClose,
  onLoad,
  onRemove,
}: {
  archive: ListedArchive | undefined
  isKnown: boolean
  onClose(): void
  onLoad(archive: ListedArchive): void
  onRemove(archive: ListedArchive): void
}) {
  const t = useTranslations('archives')
  const format = useFormat()
  const mayLoad = usePermission('images.load')
  const mayEdit = usePermission('archives.edit')
  const whole = useArchive(archive)
  const { contents } = whole.data ?? {}
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={archive?.name ?? (isKnown ? t('gone') : '')}
      subtitle={archive?.digest?.slice(7, 19)}
      actions={
        archive && (
          <>
            {mayLoad && archive.state !== 'refused' && (
              <IconButton label={t('load')} icon={<Rocket />} side="bottom" onClick={() => onLoad(archive)} />
            )}
            {mayEdit && (
              <IconButton
                label={t('remove')}
                icon={<Trash2 />}
                side="bottom"
                onClick={() => onRemove(archive)}
              />
            )}
          </>
        )
      }
    >
      {archive && (
        <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-4 py-4">
          <Facts>
            {archive.digest && <Fact label={t('digest')}>{archive.digest}</Fact>}
            <Fact label={t('size')}>{format.bytes(archive.size)}</Fact>
            {contents && (
              <>
                <Fact label={t('kindLabel')}>{t(`kind.${contents.kind}`)}</Fact>
                <Fact label={t('compression')}>{t(`compressed.${contents.compression}`)}</Fact>
                <Fact label={t('unpacked')}>{format.bytes(contents.unpackedSize)}</Fact>
                <Fact label={t('entries')}>{contents.entries}</Fact>
              </>
            )}
          </Facts>
          {whole.error && <ErrorNote error={whole.error} onRetry={() => void whole.refetch()} />}
          {whole.data && !contents && <p className="text-ink-muted">{t('notYet')}</p>}
          {contents?.kind === 'rootfs' && <p className="text-ink-muted">{t('rootfsText')}</p>}
          {contents?.images.map((image) => (
            <ImageOf key={`${image.configDigest} ${image.platform}`} image={image} />
          ))}
        </div>
      )}
    </Drawer>
  )
}

function ImageOf({ image }: { image: ArchiveImage }) {
  const t = useTranslations('archives')
  const format = useFormat()
  return (
    <section aria-label={image.names[0] ?? image.configDigest} className="flex flex-col gap-2">
      <h2 className="break-all font-medium">
        {image.names.join(', ') || t('unnamed')}{' '}
        <span className="font-normal text-ink-muted">{image.platform}</span>
      </h2>
      <Facts>
        <Fact label={t('imageId')}>{image.configDigest}</Fact>
        {image.manifest && <Fact label={t('manifest')}>{image.manifest.digest}</Fact>}
        {image.createdAt && <Fact label={t('created')}>{format.date(image.createdAt)}</Fact>}
      </Facts>
      <div className="overflow-x-auto rounded-md border">
        <table className="w-full min-w-96 text-left text-xs">
          <thead className="border-b text-ink-muted">
            <tr>
              <th className="px-2 py-1 font-medium">{t('layer')}</th>
              <th className="px-2 py-1 font-medium">{t('compression')}</th>
              <th className="px-2 py-1 text-right font-medium">{t('size')}</th>
              <th className="px-2 py-1 text-right font-medium">{t('unpacked')}</th>
            </tr>
          </thead>
          <tbody>
            {image.layers.map((layer, index) => (
              // The same empty layer stands in many images twice.
              // biome-ignore lint/suspicious/noArrayIndexKey: layers have an order and no other identity
              <tr key={index} className="border-b last:border-b-0">
                <td className="px-2 py-1 font-mono" title={layer.digest}>
                  {layer.digest.slice(7, 19)}
                </td>
                <td className="px-2 py-1">{t(`compressed.${layer.compression}`)}</td>
                <td className="px-2 py-1 text-right tabular-nums">{format.bytes(layer.size)}</td>
                <td className="px-2 py-1 text-right tabular-nums">{format.bytes(layer.unpackedSize)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">{children}</dl>
}

function Fact({ label, children }: { label: string; children: string | number }) {
  const text = String(children)
  return (
    <>
      <dt className="text-ink-muted">{label}</dt>
      <dd className="flex min-w-0 items-center gap-1 break-all font-mono">
        {text} {text.startsWith('sha256:') && <CopyButton text={text} />}
      </dd>
    </>
  )
}
