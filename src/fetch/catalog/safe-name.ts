/** Windows gives these names to devices, with any ending. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** One path segment that is safe on every file system: no separator, no leading dot, no device, nothing to escape. */
export function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+~@=-]{0,199}$/.test(name) && !name.endsWith('.') && !devices.test(name)
}
