import { BrandMark } from '#components/page/brand.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

/** The shell's outline at its final size, while the session is asked for. */
export function ShellSkeleton() {
  return (
    <div className="grid h-dvh grid-rows-[48px_minmax(0,1fr)_auto] md:grid-cols-[auto_minmax(0,1fr)] md:grid-rows-[48px_minmax(0,1fr)]">
      <div className="hidden w-52 flex-col border-r narrow:w-13 md:row-span-2 md:flex">
        <div className="flex h-12 items-center px-4">
          <BrandMark />
        </div>
        <div className="flex flex-col gap-0.5 p-2">
          {['w-12', 'w-20', 'w-16', 'w-14'].map((width) => (
            <div key={width} className="flex h-8 items-center px-2.5">
              <Skeleton className={`${width} narrow:w-4`} />
            </div>
          ))}
        </div>
      </div>
      <div className="flex items-center border-b px-4">
        <Skeleton />
      </div>
      <div />
      <div className="h-14 border-t md:hidden" />
    </div>
  )
}
