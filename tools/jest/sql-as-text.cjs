// Jest's side of the bundle's `.sql` loader: a migration is imported as its text.
module.exports = { process: (text) => ({ code: `module.exports = { __esModule: true, default: ${JSON.stringify(text)} };` }) };
