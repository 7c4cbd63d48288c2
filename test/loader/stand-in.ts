/** A source tree that make treats as it treats iPXE: the same goals, variables, headers and lines, in a second. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Bytes of an EFI loader after its headers. */
const room = 0x10000

function efiHead(machine: number): Buffer {
  const head = Buffer.alloc(0x400)
  head.write('MZ', 0, 'latin1')
  head.writeUInt32LE(0x80, 0x3c)
  head.write('PE\0\0', 0x80, 'latin1')
  head.writeUInt16LE(machine, 0x84)
  head.writeUInt16LE(1, 0x86)
  head.writeUInt16LE(240, 0x94)
  head.writeUInt16LE(0x20b, 0x98)
  head.writeUInt32LE(16, 0x98 + 108)
  const section = 0x98 + 240
  head.write('.data', section, 'latin1')
  head.writeUInt32LE(room, section + 16)
  head.writeUInt32LE(0x400, section + 20)
  return head
}

function nbpHead(): Buffer {
  const head = Buffer.alloc(512)
  Buffer.from([0xea, 0x05, 0x00, 0xc0, 0x07, 0x32, 0xae, 0x18]).copy(head)
  return head
}

const makefile = `# A stand-in for iPXE's Makefile.
VERSION_MAJOR	:= 2
VERSION_MINOR	:= 0
VERSION_PATCH	:= 0
EXTRAVERSION	:= +
VERSION		= $(VERSION_MAJOR).$(VERSION_MINOR).$(VERSION_PATCH)$(EXTRAVERSION)
# as in iPXE: the environment is not heard
EMBED		:=
comma		:= ,
EMBED_LIST	:= $(subst $(comma), ,$(EMBED))
BIN		:= $(patsubst %/,%,$(dir $(firstword $(MAKECMDGOALS))))
OBJECTS		:= $(patsubst core/%.c,$(BIN)/%.o,$(sort $(wildcard core/*.c)))
HEADERS		:= config/local/general.h config/local/console.h

$(HEADERS) :
	@mkdir -p config/local && touch $@

$(BIN)/%.o : core/%.c $(HEADERS)
	@mkdir -p $(BIN)
	@echo "  [DEPS] $<"
	@echo "  [BUILD] $@"
	@if grep -q SLOW $<; then sleep 60; fi
	@if grep -q BROKEN $<; then echo "$<:3:5: error: 'BROKEN' undeclared (first use in this function)" >&2; exit 1; fi
	@# debug information names the folder, and iPXE's build number is a checksum over it
	@{ cat $< $(HEADERS); case "$(EXTRA_CFLAGS)" in *-g0*) ;; *) pwd ;; esac; } | cksum > $@

$(BIN)/blib.a : $(OBJECTS) $(EMBED_LIST)
	@echo "  [AR] $@"
	@cat $(OBJECTS) > $@

%.efi : $(BIN)/blib.a
	@echo "  [LD] $@.tmp"
	@{ cat fake/$(BIN).head; printf '\\000%s\\000%s (%s)\\000%s\\000' $(notdir $@) $(VERSION) "$(GITVERSION)" "$$SOURCE_DATE_EPOCH"; cat $(BIN)/blib.a; cat $(EMBED_LIST) /dev/null; head -c ${room} /dev/zero; } | head -c ${0x400 + room} > $@.tmp
	@echo "  [FINISH] $@"
	@mv $@.tmp $@

%.kpxe %.pxe : $(BIN)/blib.a
	@echo "  [LD] $@.tmp"
	@{ cat fake/nbp.head $(BIN)/blib.a; cat $(EMBED_LIST) /dev/null | cksum; printf '%s %s' "$(GITVERSION)" "$(notdir $@)"; head -c 2048 /dev/zero; } > $@
	@echo "  [FINISH] $@"

.DELETE_ON_ERROR :
`

export interface StandInOptions {
  /** Files of `core/` beside the usual ones, by name. */
  core?: Readonly<Record<string, string>>
  objects?: number
}

/** Writes a tree into an empty folder; `core/` has `objects` files. */
export function makeStandIn(folder: string, { core = {}, objects = 12 }: StandInOptions = {}): string {
  const put = (path: string, content: string | Buffer): void => {
    const full = join(folder, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
    // older than anything that make writes
    utimesSync(full, 1_700_000_000, 1_700_000_000)
  }
  put('src/Makefile', makefile)
  put('src/fake/bin-x86_64-efi.head', efiHead(0x8664))
  put('src/fake/bin-i386-efi.head', efiHead(0x14c))
  put('src/fake/nbp.head', nbpHead())
  put('src/config/local/.gitignore', '*\n')
  for (let index = 0; index < objects; index++) put(`src/core/file${index}.c`, `int f${index};\n`)
  for (const [name, content] of Object.entries(core)) put(`src/core/${name}`, content)
  put('README', 'not iPXE\n')
  return folder
}
