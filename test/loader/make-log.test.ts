import assert from 'node:assert/strict'
import { findFailure, MakeProgress, parseStep } from '../../src/loader/make-log.js'

describe("make's log", () => {
  it('has steps', () => {
    assert.deepEqual(parseStep('  [BUILD] bin/a.o'), { kind: 'BUILD', file: 'bin/a.o' })
    assert.equal(parseStep('make: nothing to do'), undefined)
  })

  it('tells how far it is', () => {
    const progress = new MakeProgress({ dependencies: 10, objects: 10 }, 0)
    assert.equal(progress.see('rm x', 1), undefined)
    for (let index = 0; index < 10; index++) progress.see('  [DEPS] a.c', 1000)
    for (let index = 0; index < 4; index++) progress.see('  [BUILD] a.o', 5000)
    const seen = progress.see('  [BUILD] a.o', 10_000)
    assert.deepEqual([seen?.done, seen?.total, seen?.fraction.toFixed(3)], [5, 10, '0.583'])
    assert.ok(seen?.left !== undefined && seen.left > 7 && seen.left < 7.3)
    assert.deepEqual(progress.count, { dependencies: 10, objects: 5 })
  })

  for (const [output, message, where, hint] of [
    [
      'util/zbin.c:7:10: fatal error: lzma.h: No such file or directory\ncompilation terminated.\nmake: *** [x] Error 1',
      'lzma.h: No such file or directory',
      'util/zbin.c:7',
      /liblzma-dev/,
    ],
    [
      "In file included from a.h:1:\n/ipxe/src/core/x.c:12:3: error: 'y' undeclared\nmake: *** [Makefile:3: bin/x.o] Error 1",
      "'y' undeclared",
      'core/x.c:12',
      undefined,
    ],
    [
      "ld: bin/blib.a(x.o): undefined reference to `obj_cpuid_settings'\nmake: *** [z] Error 1",
      "undefined reference to `obj_cpuid_settings'",
      undefined,
      /does not exist on this platform/,
    ],
    [
      "make: *** No rule to make target 'a.ipxe', needed by 'x'.  Stop.",
      "No rule to make target 'a.ipxe', needed by 'x'.  Stop.",
      undefined,
      /missing/,
    ],
    [
      'gcc: error: unrecognized command-line option ‘-m32’\nmake: *** [a] Error 1',
      'gcc: error: unrecognized command-line option ‘-m32’',
      undefined,
      /cross compiler/,
    ],
    [
      'cat: write error: No space left on device\nmake: *** [a] Error 1',
      'cat: write error: No space left on device',
      undefined,
      /disk is full/,
    ],
    [
      "arch/i386/interface/pcbios/int13.c:469: error: impossible constraint in 'asm'\n",
      "impossible constraint in 'asm'",
      'arch/i386/interface/pcbios/int13.c:469',
      /too old for this compiler/,
    ],
    [
      "ld: bin-x86_64-efi/blib.a(stack.o): relocation truncated to fit: R_X86_64_32 against `_estack'",
      "relocation truncated to fit: R_X86_64_32 against `_estack'",
      undefined,
      /does not exist on this platform/,
    ],
    ['all is well', undefined, undefined, undefined],
  ] as const) {
    it(`finds the first real error: ${message ?? 'none'}`, () => {
      const found = findFailure(output)
      assert.equal(found?.message, message)
      assert.equal(found?.file === undefined ? undefined : `${found.file}:${found.line}`, where)
      if (hint) assert.match(found?.hint ?? '', hint)
      else assert.equal(found?.hint, undefined)
    })
  }
})
