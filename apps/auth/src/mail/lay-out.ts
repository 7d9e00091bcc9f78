import type { Language } from './languages';
import type { Letter } from './letter';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]!);

/** A template of HTML, in which all that is put in is text. */
const html = (strings: TemplateStringsArray, ...values: readonly (string | Markup | readonly Markup[])[]): Markup => ({
  markup: strings.reduce((whole, string, index) => whole + toMarkup(values[index - 1]!) + string),
});
interface Markup {
  readonly markup: string;
}
const toMarkup = (value: string | Markup | readonly Markup[]): string => {
  if (typeof value === 'string') return escape(value);
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
};

/** The letter as text alone. */
export function layOutText({ greeting, paragraphs, action, code, closing }: Letter): string {
  return [greeting, ...paragraphs, ...(action ? [`${action.label}:\n${action.link}`] : []), ...(code ? [`${code.label}\n${code.value}`] : []), ...closing]
    .join('\n\n')
    .concat('\n');
}

// colours of the system's own, so that what is dark stays so; the button has 7:1 in both
const style = html`<style>
  :root {
    color-scheme: light dark;
  }
  body {
    margin: 0;
    padding: 24px 16px;
    font:
      16px/1.5 system-ui,
      sans-serif;
    overflow-wrap: anywhere;
  }
  main {
    max-width: 560px;
    margin: 0 auto;
  }
  h1 {
    font-size: 20px;
    line-height: 1.3;
  }
  .action a {
    display: inline-block;
    padding: 12px 20px;
    border-radius: 6px;
    background: #1a4480;
    color: #ffffff;
    text-decoration: none;
    font-weight: 600;
  }
  .code {
    font:
      600 24px/1.4 ui-monospace,
      monospace;
    letter-spacing: 2px;
  }
  .closing {
    font-size: 14px;
  }
</style>`;

/** The letter as HTML, which loads nothing. */
export function layOutHtml({ subject, greeting, paragraphs, action, code, closing }: Letter, language: Language): string {
  const block = (text: string) => html`<p>${text}</p> `;
  const none: Markup = { markup: '' };
  return html`<!doctype html>
    <html lang="${language}" dir="ltr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${subject}</title>
        ${style}
      </head>
      <body>
        <main>
          <h1>${subject}</h1>
          ${[greeting, ...paragraphs].map(block)}${
            action
              ? html`<p class="action"><a href="${action.link}">${action.label}</a></p>
                  <p><a href="${action.link}">${action.link}</a></p> `
              : none
          }${
            code
              ? html`<p>${code.label}</p>
                  <p class="code">${code.value}</p> `
              : none
          }
          <div class="closing">${closing.map(block)}</div>
        </main>
      </body>
    </html> `.markup;
}
