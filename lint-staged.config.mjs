// What the hook of `npm run hooks` does with the files of a commit, and with nothing else. The lint sees each file as it was formed.
const code = '*.{ts,tsx,mts,mjs,cjs}';

export default {
  [code]: ['prettier --write', 'eslint --no-warn-ignored'],
  [`!(${code})`]: 'prettier --write --ignore-unknown',
};
