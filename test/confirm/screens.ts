/** Menus that end by their timeout: what the terminal shows then must be the same. */
const items = (count: number) =>
  Array.from({ length: count }, (_, index) => `item i${index} Entry ${index}`).join('\n')
const long = 'x'.repeat(90)

export const screenScripts: readonly string[] = [
  'menu A title\nitem a Alpha\nitem --gap A gap\nitem --default b Beta\nitem\nitem c\nchoose --timeout 1000 x',
  `menu ${long}\nitem a ${long}\nitem b B\nchoose --timeout 1000 x`,
  `menu Long\n${items(30)}\nchoose --timeout 1000 --default i25 x`,
  `menu Long\n${items(20)}\nitem --gap Last\nchoose --timeout 1000 x`,
  'menu\nitem a\nchoose --timeout 1000 x',
  'colour --rgb 0x112233 4\ncpair --foreground 2 --background 3 1\nmenu Colours\nitem a A\nitem --gap G\nitem b B\nchoose --timeout 1000 x',
  'cpair --foreground 6 --background 0 2\nmenu Colours\nitem a A\nitem b B\nchoose --timeout 1000 x',
]
