/**
 * Which firmware ends where with which DHCP servers: what the tests here have seen, for the table in docs/serve.md.
 * `IPXETOOL_WRITE_MATRIX=1` writes what is seen; else a result that is not in the file, or is another, fails.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

export interface Cell {
  readonly firmware: string
  readonly arrangement: string
  /** `menu`: our menu was on its screen. */
  readonly ends: string
}

const file = new URL('firmware-matrix.json', import.meta.url)

export function matrixCells(): Cell[] {
  return JSON.parse(readFileSync(file, 'utf8')) as Cell[]
}

export function noteCell(cell: Cell): void {
  const cells = matrixCells()
  const known = cells.findIndex(
    ({ firmware, arrangement }) => firmware === cell.firmware && arrangement === cell.arrangement,
  )
  if (process.env['IPXETOOL_WRITE_MATRIX'] !== '1') {
    assert.deepEqual(cells[known], cell, 'firmware-matrix.json is not what was seen: IPXETOOL_WRITE_MATRIX=1')
    return
  }
  if (known < 0) cells.push(cell)
  else cells[known] = cell
  writeFileSync(file, `${JSON.stringify(cells, null, 2)}\n`)
}
