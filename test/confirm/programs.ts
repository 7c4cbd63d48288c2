/** Random small programs that end: jumps go forward, nothing asks anybody, no value expands to itself. */
import fc from 'fast-check'

const names = ['a', 'b', 'c', 'r', 'n/a', '12', '175.190']
const types = [
  '',
  '',
  '',
  ':string',
  ':int8',
  ':int16',
  ':int32',
  ':uint8',
  ':uint32',
  ':hex',
  ':hexhyp',
  ':hexraw',
  ':base64',
  ':uristring',
  ':ipv4',
  ':uuid',
  ':nosuch',
]
const texts = [
  '',
  'x',
  '5',
  '-5',
  '0x1f',
  '08',
  '300',
  '41:42',
  '41-42',
  '4142',
  'QUI=',
  '1.2.3.4',
  'a%20b',
  'two words',
  'x;y',
  '#',
  'a#b',
  '--',
  '$',
  '{',
  '}',
  '\xe4',
  '"q"',
]

const name = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...types)).map((parts) => parts.join(''))
const reference = name.map((text) => `\${${text}}`)
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...texts) },
  { weight: 2, arbitrary: reference },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'p', '1'), reference, fc.constantFrom('', 'y', '2'))
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('${${b}}', '${n/${c}}', '${unset}', '${', '${}', '${ a}') },
)
const words = fc.array(word, { maxLength: 3 }).map((list) => list.join(' '))
const command = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, words).map(([to, value]) => `set ${to} ${value}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.constantFrom('', ' 2', ' -1', ' 0x10', ' x', ' ${a}'))
      .map((parts) => `inc ${parts.join('')}`),
  },
  { weight: 1, arbitrary: name.map((text) => `clear ${text}`) },
  { weight: 2, arbitrary: words.map((text) => `echo ${text}`) },
  { weight: 2, arbitrary: word.map((text) => `isset ${text}`) },
  { weight: 2, arbitrary: fc.tuple(word, word).map(([one, two]) => `iseq ${one} ${two}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'nope',
      'exit',
      'exit 2',
      '',
      'goto end',
      'goto nowhere',
      'show a',
      'show r:hex',
    ),
  },
)
const operator = fc.constantFrom('||', '||', '&&', ';')
const line = fc
  .tuple(
    command,
    fc.array(fc.tuple(operator, command), { maxLength: 3 }),
    fc.constantFrom('', ' ||', ' ||', ' ||'),
  )
  .map(([first, rest, end]) => first + rest.map(([op, next]) => ` ${op} ${next}`).join('') + end)

/** A script without its magic line, as a byte string. */
export const program = fc
  .array(line, { minLength: 1, maxLength: 8 })
  .map((lines) => `${lines.join('\n')}\n:end\nset r [\${r}\${a}\${b:hexraw}\${c}]`)
