/** What is known of a password that an attacker would try. */
export interface PasswordStrength {
  /** Whether it is one of the 49,000 that are used most, in whatever case. */
  isCommon(password: string): boolean;
  /** How hard it is to guess, 0 to 4, for who knows these words; and what makes it easy. */
  estimate(password: string, words: readonly string[]): { readonly score: number; readonly weakness: string | undefined };
}

// the estimate takes longer than in proportion: a character more adds nothing that counts here
const maxLength = 64;
// of letters written as digits and signs; more of them take a tenth of a second
const maxSubstitutions = 20;

const weaknesses: Readonly<Record<string, string>> = {
  straightRow: 'rows of keys are tried first',
  keyPattern: 'patterns of the keyboard are tried first',
  simpleRepeat: 'the same character again and again adds nothing',
  extendedRepeat: 'the same characters again and again add nothing',
  sequences: 'what follows as abc and 123 do is tried first',
  recentYears: 'recent years are tried first',
  dates: 'dates are tried first',
  topTen: 'it is one of those that are used most',
  topHundred: 'it is one of those that are used most',
  common: 'it is one that many use',
  similarToCommon: 'it is nearly one that many use',
  wordByItself: 'single words are tried first',
  namesByThemselves: 'names are tried first',
  commonNames: 'names are tried first',
  userInputs: 'it is mostly the name, the email or the product',
};

/** Loads the dictionaries: some 30 MB, and a tenth of a second without an answer to anybody, so not before they are needed. */
async function load(): Promise<PasswordStrength> {
  // at the top of the file every command would unpack the dictionaries, the health check too
  // eslint-disable-next-line no-restricted-syntax
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]);
  const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength, l33tMaxSubstitutions: maxSubstitutions });
  const common = new Set(dictionary['passwords-common']);
  return {
    isCommon: (password) => common.has(password.toLowerCase()),
    estimate(password, words) {
      const { score, feedback } = estimator.check(password, [...words]);
      return { score, weakness: feedback.warning ? weaknesses[feedback.warning] : undefined };
    },
  };
}

let loaded: Promise<PasswordStrength> | undefined;

/** What the process knows of passwords, loaded at the first question. */
export const loadPasswordStrength = (): Promise<PasswordStrength> => (loaded ??= load());
