/**
 * A loader of our own making for firmware whose iPXE Debian does not have: a UEFI program that prints one line and
 * returns. That line on the console proves that the file came whole and was started.
 * (PE format: Microsoft's "PE Format"; system table: UEFI 2.10, 4.3.)
 */

export const HELLO = 'ipxetool: this loader runs'

const programs = {
  arm64: {
    machine: 0xaa64,
    wide: true,
    /** ConOut and its OutputString, called with the text that follows the program. */
    code: [
      0xa9bf7bfd, // stp x29, x30, [sp, #-16]!
      0xf9402020, // ldr x0, [x1, #64]    system table: ConOut
      0xf9400402, // ldr x2, [x0, #8]     OutputString
      0x100000a1, // adr x1, text
      0xd63f0040, // blr x2
      0xd2800000, // mov x0, #0
      0xa8c17bfd, // ldp x29, x30, [sp], #16
      0xd65f03c0, // ret
    ].flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]),
  },
  i386: {
    machine: 0x014c,
    wide: false,
    code: [
      ...[0x8b, 0x44, 0x24, 0x08], // mov eax, [esp+8]   system table
      ...[0x8b, 0x48, 0x2c], // mov ecx, [eax+44]        ConOut
      ...[0xe8, 0, 0, 0, 0], // call next
      ...[0x5a], // next: pop edx
      ...[0x83, 0xc2, 16], // add edx, text - next
      ...[0x52, 0x51], // push edx; push ecx
      ...[0xff, 0x51, 0x04], // call [ecx+4]             OutputString
      ...[0x83, 0xc4, 0x08], // add esp, 8
      ...[0x31, 0xc0, 0xc3], // xor eax, eax; ret
      ...[0x90], // the text is of 16-bit characters
    ],
  },
} as const

const PAGE = 0x1000
const HEADERS = 0x200

/** @returns the file, of 64 KiB, so that its transfer takes many blocks */
export function efiHello(processor: keyof typeof programs): Buffer {
  const { machine, wide, code } = programs[processor]
  const text = Buffer.from(`\r\n${HELLO}\r\n\0`, 'utf16le')
  const size = 0x10000 - HEADERS
  const file = Buffer.alloc(HEADERS + size)
  file.write('MZ', 0, 'latin1')
  file.writeUInt32LE(0x40, 0x3c)
  file.write('PE\0\0', 0x40, 'latin1')
  const optional = 0x58
  const optionalSize = (wide ? 112 : 96) + 16 * 8
  file.writeUInt16LE(machine, 0x44)
  file.writeUInt16LE(1, 0x46)
  file.writeUInt16LE(optionalSize, 0x54)
  // executable, no line numbers and symbols; a DLL as all of UEFI
  file.writeUInt16LE(0x2022, 0x56)
  file.writeUInt16LE(wide ? 0x20b : 0x10b, optional)
  file.writeUInt32LE(size, optional + 4)
  file.writeUInt32LE(PAGE, optional + 16)
  file.writeUInt32LE(PAGE, optional + 20)
  file.writeUInt32LE(PAGE, optional + 32)
  file.writeUInt32LE(HEADERS, optional + 36)
  file.writeUInt32LE(PAGE + Math.ceil(size / PAGE) * PAGE, optional + 56)
  file.writeUInt32LE(HEADERS, optional + 60)
  // a UEFI application
  file.writeUInt16LE(10, optional + 68)
  file.writeUInt32LE(16, optional + (wide ? 108 : 92))
  const section = optional + optionalSize
  file.write('.text', section, 'latin1')
  file.writeUInt32LE(size, section + 8)
  file.writeUInt32LE(PAGE, section + 12)
  file.writeUInt32LE(size, section + 16)
  file.writeUInt32LE(HEADERS, section + 20)
  // code that is read and run
  file.writeUInt32LE(0x60000020, section + 36)
  Buffer.concat([Buffer.from(code), text]).copy(file, HEADERS)
  return file
}
