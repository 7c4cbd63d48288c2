/** The style sheet of the page: `preview/preview.css`. */
export const style = `/* Written by ipxetool. */
:root {
  color-scheme: light dark;
  --page: #f6f7f9;
  --panel: #ffffff;
  --text: #1b2026;
  --dim: #55606d;
  --line: #d5dae1;
  --accent: #0b57c2;
  --code: #eef1f5;
  --setting: #7a3e00;
  --comment: #55606d;
  --label: #00626b;
  --warning: #7a4b00;
  --warning-back: #fff4d6;
  --error: #a1121f;
  --error-back: #fdecec;
  --good: #12653a;
  --mono: ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme='light']) {
    --page: #14171b;
    --panel: #1c2127;
    --text: #e6e9ed;
    --dim: #a3adb9;
    --line: #353d47;
    --accent: #86b7ff;
    --code: #252b33;
    --setting: #ffc27a;
    --comment: #a3adb9;
    --label: #7fd9e0;
    --warning: #ffd479;
    --warning-back: #3a2e12;
    --error: #ff9d9d;
    --error-back: #41191c;
    --good: #82d8a8;
  }
}
:root[data-theme='light'] {
  color-scheme: light;
}
:root[data-theme='dark'] {
  color-scheme: dark;
  --page: #14171b;
  --panel: #1c2127;
  --text: #e6e9ed;
  --dim: #a3adb9;
  --line: #353d47;
  --accent: #86b7ff;
  --code: #252b33;
  --setting: #ffc27a;
  --comment: #a3adb9;
  --label: #7fd9e0;
  --warning: #ffd479;
  --warning-back: #3a2e12;
  --error: #ff9d9d;
  --error-back: #41191c;
  --good: #82d8a8;
}

* {
  box-sizing: border-box;
}
[hidden] {
  display: none !important;
}
body {
  margin: 0 auto;
  padding: 1rem clamp(0.75rem, 2vw, 2rem) 3rem;
  max-width: 100rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif;
}
h1, h2, h3, h4, h5 {
  margin: 0;
  line-height: 1.25;
  overflow-wrap: anywhere;
}
h1 {
  font-size: 1.5rem;
}
h2 {
  font-size: 1.2rem;
}
h3 {
  font-size: 1.25rem;
}
h4, h5 {
  margin: 1.1rem 0 0.35rem;
  font-size: 0.8rem;
  text-transform: uppercase;
  letter-spacing: 0.05em;
  color: var(--dim);
}
h4:has(~ .summary) {
  margin-top: 0;
  font-size: 1rem;
  text-transform: none;
  letter-spacing: 0;
  color: var(--text);
}
p {
  margin: 0.4rem 0;
}
ul, ol, dl, dd {
  margin: 0;
  padding: 0;
  list-style: none;
}
a {
  color: var(--accent);
  text-underline-offset: 0.15em;
}
code, pre, kbd {
  font-family: var(--mono);
  font-size: 0.875em;
}
kbd {
  padding: 0.05em 0.4em;
  border: 1px solid var(--line);
  border-bottom-width: 2px;
  border-radius: 4px;
  background: var(--panel);
  color: var(--text);
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.setting {
  color: var(--setting);
}
.note, .source, .condition, .path, .about, #keys, #crumbs, #unseen, .top p {
  color: var(--dim);
  font-size: 0.875rem;
}
.source, .condition, .about, .path {
  overflow-wrap: anywhere;
}

.top {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 2rem;
  align-items: end;
  justify-content: space-between;
}
.top p {
  margin: 0;
}
.theme, .machine label {
  font-size: 0.875rem;
  color: var(--dim);
}
select, input {
  font: inherit;
  color: var(--text);
  accent-color: var(--accent);
}
select {
  min-height: 2rem;
  padding: 0.15rem 0.4rem;
  border: 1px solid var(--dim);
  border-radius: 6px;
  background: var(--panel);
}
nav {
  margin: 1rem 0;
  padding: 0.6rem 0;
  border-block: 1px solid var(--line);
  max-height: 9rem;
  overflow: auto;
}
nav ul {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 0.5rem;
}
nav li {
  display: flex;
  align-items: center;
}
nav a {
  display: inline-block;
  padding: 0.2rem 0.7rem;
  border-radius: 6px;
  text-decoration: none;
  overflow-wrap: anywhere;
}
nav a:hover {
  text-decoration: underline;
}
nav a[aria-current] {
  background: var(--accent);
  color: var(--page);
  font-weight: 600;
}
nav a[aria-current] .setting {
  color: inherit;
}
.badge {
  margin-right: 0.4rem;
  padding: 0 0.5rem;
  border-radius: 1rem;
  background: var(--warning-back);
  color: var(--warning);
  font-size: 0.75rem;
  white-space: nowrap;
}
.badge.error {
  background: var(--error-back);
  color: var(--error);
}

main {
  display: grid;
  gap: 1.5rem 2rem;
}
main > * {
  min-width: 0;
}
.machine {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1.25rem;
  align-items: center;
}
.check {
  display: flex;
  gap: 0.4rem;
  align-items: center;
  min-height: 2rem;
}
.check input {
  width: 1.1rem;
  height: 1.1rem;
  margin: 0;
}
#crumbs, #unseen {
  margin: 0.5rem 0;
}
.monitor {
  margin-top: 0.75rem;
}

/* The screen of the machine: the colours of a VGA text screen, in both themes. */
.monitor {
  container-type: inline-size;
  overflow-x: auto;
  border-radius: 8px;
  background: #0000aa;
  border: 1px solid var(--line);
  box-shadow: 0 1px 3px rgb(0 0 0 / 25%);
}
.monitor:focus-within {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.tube {
  width: max-content;
  margin: 0 auto;
  padding: 0.4em 0;
  font: clamp(9px, calc(100cqi / 49), 17px) / 1.25 var(--mono);
  font-variant-ligatures: none;
  color: #aaaaaa;
}
#screen:focus-visible {
  outline: none;
}
.row {
  position: relative;
  width: 80ch;
  height: 1.25em;
  white-space: pre;
}
.row.title, .row.more {
  overflow: hidden;
}
.row.title {
  color: #ffffff;
  font-weight: bold;
}
.row .setting {
  color: #ffff55;
}
.row.gap, .row.more {
  color: #00aaaa;
}
.bar {
  display: inline-block;
  width: 78ch;
  height: 100%;
  overflow: hidden;
  vertical-align: top;
}
[role='option'] {
  cursor: default;
}
[role='option'][aria-selected='true'] .bar {
  background: #aa0000;
  color: #ffffff;
  font-weight: bold;
}
[role='option']:hover .bar {
  text-decoration: underline;
}
.clock {
  position: absolute;
  right: 3ch;
  background: #aa0000;
  color: #ffffff;
  font-weight: bold;
}
/* Beside the screen, where nothing of the menu is hidden. */
.mark {
  display: none;
  position: absolute;
  top: 0;
  left: 82ch;
  color: #ffffff;
}
.marked {
  margin-left: 0;
  padding-right: 17ch;
  font-size: clamp(9px, calc(100cqi / 59.5), 17px);
  background: linear-gradient(90deg, #0000aa 81ch, transparent 81ch);
}
.monitor:has(.marked) {
  background: #00007a;
}
.marked .mark {
  display: block;
}
.group {
  display: contents;
}
#status {
  min-height: 1.5em;
  color: var(--text);
}

.menu > .about {
  display: flex;
  flex-wrap: wrap;
  gap: 0 1rem;
  margin: 0.2rem 0 0.6rem;
}
.warning, .diagnostics li {
  margin: 0.5rem 0;
  padding: 0.5rem 0.75rem;
  border-left: 4px solid var(--warning);
  border-radius: 4px;
  background: var(--warning-back);
  overflow-wrap: anywhere;
}
.warning b, .diagnostics b {
  color: var(--warning);
}
.diagnostics p {
  margin: 0;
}
.diagnostics .error {
  border-color: var(--error);
  background: var(--error-back);
}
.diagnostics .error b {
  color: var(--error);
}
.diagnostics .info {
  border-color: var(--accent);
  background: var(--code);
}
.diagnostics .info b {
  color: var(--accent);
}
.list {
  margin: 0.75rem 0 1.5rem;
}
.list .gap {
  margin-top: 0.6rem;
  color: var(--dim);
}
.list li {
  padding: 0.1rem 0;
}
.entry {
  padding: 1rem 1.25rem 1.25rem;
  margin: 0.75rem 0;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--panel);
}
.entry .or {
  color: var(--dim);
  font-size: 0.8em;
  font-weight: normal;
}
.tags {
  display: flex;
  flex-wrap: wrap;
  gap: 0.35rem 0.5rem;
  margin-top: 0.5rem;
  font-size: 0.8125rem;
}
.tags li {
  padding: 0.1rem 0.6rem;
  border-radius: 1rem;
  background: var(--code);
}
.tags .only {
  background: var(--warning-back);
  color: var(--warning);
}
.variant + .variant {
  margin-top: 1.25rem;
  padding-top: 1rem;
  border-top: 1px solid var(--line);
}
.summary {
  font-size: 1.0625rem;
}
.needs {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 2rem;
}
.needs div {
  display: flex;
  gap: 0.5rem;
}
.needs dt {
  color: var(--dim);
}
.needs dd {
  font-weight: 600;
}
.args {
  margin: 0;
  padding: 0.6rem 0.75rem;
  border-radius: 6px;
  background: var(--code);
  overflow-wrap: anywhere;
}
.args span {
  display: inline-block;
  max-width: 100%;
}
.files li {
  display: grid;
  grid-template-columns: 5rem minmax(0, 1fr);
  gap: 0.75rem;
  padding: 0.5rem 0;
  border-top: 1px solid var(--line);
}
.files li:first-child {
  border-top: 0;
}
.role {
  color: var(--dim);
  font-size: 0.875rem;
}
.url .setting, .args .setting {
  display: inline-block;
  max-width: 100%;
}
.url, .hash, .facts {
  display: block;
  overflow-wrap: anywhere;
}
.facts {
  margin-top: 0.15rem;
  font-size: 0.9375rem;
}
.hash {
  font-size: 0.75rem;
  color: var(--dim);
}
.trust {
  padding: 0 0.5rem;
  border-radius: 1rem;
  background: var(--code);
  font-size: 0.8125rem;
}
.trust.signed, .trust.digest {
  color: var(--good);
}
.trust.none {
  background: var(--warning-back);
  color: var(--warning);
}
details {
  margin-top: 1.1rem;
}
summary {
  font-weight: 600;
  cursor: pointer;
}
pre {
  margin: 0.35rem 0 0;
  padding: 0.6rem 0.75rem;
  max-height: 24rem;
  overflow: auto;
  border-radius: 6px;
  background: var(--code);
  tab-size: 4;
}
.comment {
  color: var(--comment);
  font-style: italic;
}
pre .label {
  color: var(--label);
  font-weight: bold;
}
details .path {
  margin-bottom: 0;
}

@media screen {
  .js .menu:not(.current), .js .list, .js .entry:not(.current) {
    display: none;
  }
  .js .others {
    margin-top: 1.5rem;
  }
}
@media screen and (min-width: 68rem) {
  .js main {
    grid-template-columns: minmax(0, 11fr) minmax(0, 9fr);
    align-items: start;
  }
  .js #console {
    position: sticky;
    top: 1rem;
  }
}
@media screen and (max-width: 40rem) {
  .tube {
    line-height: 1.9;
  }
  .row {
    height: 1.9em;
  }
  .tube > .row:not(.title, .more) {
    height: 0.6em;
  }
  .entry {
    padding: 0.75rem;
  }
  .files li {
    grid-template-columns: minmax(0, 1fr);
    gap: 0;
  }
}
@media (prefers-reduced-motion: no-preference) {
  html {
    scroll-behavior: smooth;
  }
}
@media (forced-colors: active) {
  [role='option'][aria-selected='true'] .bar {
    background: Highlight;
    color: HighlightText;
    forced-color-adjust: none;
  }
}
@media print {
  :root:not([data-theme='none']) {
    color-scheme: light;
    --page: #fff;
    --panel: #fff;
    --text: #000;
    --dim: #444;
    --line: #bbb;
    --accent: #000;
    --code: #f3f3f3;
    --setting: #6b3500;
    --comment: #444;
    --label: #000;
    --warning: #000;
    --warning-back: #fff;
    --error: #000;
    --error-back: #fff;
    --good: #000;
  }
  body {
    padding: 0;
    font-size: 10pt;
  }
  nav, #console, .theme {
    display: none;
  }
  .top {
    margin-bottom: 1rem;
  }
  .menu + .menu {
    break-before: page;
  }
  .entry, .diagnostics li, .files li {
    break-inside: avoid-page;
  }
  h2, h3, h4, h5 {
    break-after: avoid;
  }
  .variant[hidden] {
    display: block !important;
  }
  pre {
    max-height: none;
    overflow: visible;
    white-space: pre-wrap;
  }
}
`
