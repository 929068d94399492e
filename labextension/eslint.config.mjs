import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'src/wire.ts'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      eqeqeq: ['error', 'smart'],
      'max-lines': ['error', { max: 250, skipComments: true, skipBlankLines: true }],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'no-restricted-globals': ['error', { name: 'fetch', message: 'HTTP lives in session/client.ts and stream/.' }],
      'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error'
    }
  },
  { files: ['src/stream/**', 'test/**'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['test/**'], rules: { 'max-lines': 'off', 'no-restricted-properties': 'off' } }
);
