/** One word for one thing: what pages do not say, and what they say in its place; nothing where the sentence is better without. */
const others: Readonly<Record<string, string>> = {
  Postgres: 'PostgreSQL',
  'e-mail': 'email',
  mTLS: 'mutual TLS',
  k8s: 'Kubernetes',
  'Node.js': 'Node',
  microservice: 'service',
  'access log': 'access line',
  'API gateway': 'gateway',
  simply: '',
  easily: '',
  obviously: '',
  powerful: '',
  robust: '',
  seamless: '',
  'blazing fast': '',
  'best practice': '',
};

/** What is wrong with the words of a text that is no code. */
export const findOtherWords = (text: string): string[] =>
  Object.entries(others)
    .filter(([word]) => new RegExp(`(?<![\\w.-])${word.replace('.', '\\.')}s?(?![\\w-])`, 'i').test(text))
    .map(([word, house]) => (house ? `"${word}" is called ${house} here` : `"${word}" says nothing that a test or a figure shows: leave it out`));
