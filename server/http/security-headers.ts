import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'

export function createNonce(): string {
  return randomBytes(16).toString('base64')
}

/** Headers of every answer. */
export function securityHeaders(config: Config, nonce: string): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(config, nonce),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    ...(config.publicUrl?.protocol === 'https:' ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

/**
 * Scripts run only with this request's nonce. Styles may be inline: positioning libraries (Radix, the virtual table)
 * write style attributes, which cannot carry a nonce. Development needs eval for fast refresh.
 */
function contentSecurityPolicy(config: Config, nonce: string): string {
  const evaluation = config.dev ? " 'unsafe-eval'" : ''
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
