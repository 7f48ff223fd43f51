import type { ReactNode } from 'react'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { CheckField } from '#components/ui/field.tsx'

export function Check({
  label,
  hint,
  checked,
  onChange,
  className,
}: {
  label: ReactNode
  hint?: ReactNode
  checked: boolean
  onChange(checked: boolean): void
  className?: string
}) {
  return (
    <CheckField label={label} hint={hint} className={className}>
      {(props) => (
        <Checkbox {...props} checked={checked} onChange={(event) => onChange(event.target.checked)} />
      )}
    </CheckField>
  )
}
