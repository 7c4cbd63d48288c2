/** The style sheet of `/_/`. */
export const style = `:root {
  color-scheme: light dark;
  --page: #f6f7f9; --panel: #ffffff; --text: #1b2026; --dim: #55606d; --line: #d5dae1; --accent: #0b57c2;
  --good: #12653a; --error: #a1121f; --error-back: #fdecec;
  --mono: ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1c2127; --text: #e6e9ed; --dim: #a3adb9; --line: #353d47; --accent: #86b7ff;
    --good: #82d8a8; --error: #ff9d9d; --error-back: #41191c;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif; overflow-wrap: anywhere }
header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 0; font-family: var(--mono) }
p { margin: .25rem 0 }
a { color: var(--accent) }
#summary, .dim, footer { color: var(--dim) }
footer { margin-top: 2rem; display: flex; flex-wrap: wrap; gap: 1rem }
#machines { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: 1rem }
.machine { background: var(--panel); border: 1px solid var(--line); border-left: 4px solid var(--dim); border-radius: 6px;
  padding: .75rem 1rem }
.machine[data-state='started'], .machine[data-state='script'] { border-left-color: var(--good) }
.machine[data-state='loading'], .machine[data-state='loader'] { border-left-color: var(--accent) }
.machine[data-state='stopped'] { border-left-color: var(--error) }
.head { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline }
.state { margin-left: auto; font-weight: 600 }
[data-state='stopped'] .state { color: var(--error) }
[data-state='started'] .state, [data-state='script'] .state { color: var(--good) }
.trouble { background: var(--error-back); border-radius: 4px; padding: .5rem .75rem; margin: .5rem 0 }
.trouble p:first-child { color: var(--error); font-weight: 600 }
details { margin-top: .5rem }
summary { cursor: pointer; color: var(--dim) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
table { width: 100%; border-collapse: collapse; font-size: .9rem }
caption { text-align: left; color: var(--dim); padding: .25rem 0 }
th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0; border-top: 1px solid var(--line) }
th { color: var(--dim); font-weight: 400 }
th:first-child { text-align: right; width: 5rem }
td.number { font-family: var(--mono); white-space: nowrap; text-align: right }
tr[data-state='failed'] .result, tr[data-state='refused'] .result { color: var(--error) }
tr[data-state='none'] { color: var(--dim) }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr { display: grid; grid-template-columns: 4.5rem 1fr; border-top: 1px solid var(--line); padding: .25rem 0 }
  td { border: 0; padding: 0 .5rem 0 0 }
  td.number { grid-row: 1; text-align: left }
  td.note { grid-column: 2 }
  .state { margin-left: 0 }
}
`
