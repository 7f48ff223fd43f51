import { cn } from './cn.ts'

/** Looks shared by menus and the lists that are searched (palette, scope). */
export const menuClass =
  'z-60 min-w-44 max-w-80 animate-appear overflow-y-auto rounded-md border border-line-strong bg-raised p-1 shadow-raised ' +
  'max-h-(--radix-popper-available-height)'

export function menuItemClass(destructive = false): string {
  return cn(
    'flex min-h-7 cursor-pointer select-none items-center gap-2 rounded-sm px-2 py-1 text-sm outline-none pointer-coarse:min-h-10',
    'data-highlighted:bg-press',
    // Radix writes an empty attribute, cmdk writes true or false.
    'data-[disabled=""]:cursor-default data-[disabled=""]:opacity-50 data-[disabled=true]:opacity-50',
    'aria-disabled:cursor-default aria-disabled:opacity-50',
    '[&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-ink-faint',
    destructive && 'text-danger [&>svg]:text-danger',
  )
}
export const menuLabelClass = 'px-2 pt-1.5 pb-1 text-2xs text-ink-faint'
export const menuLineClass = '-mx-1 my-1 h-px bg-line'
