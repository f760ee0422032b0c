// Translates GraphiQL's own texts while its modules are bundled; the build fails if a text no longer exists.
const SECTIONS = {
  "Root Types": "Od czego zacząć",
  "All Schema Types": "Wszystkie typy",
  Type: "Typ",
  Arguments: "Argumenty",
  "Deprecated Arguments": "Wycofywane argumenty",
  Fields: "Pola",
  "Deprecated Fields": "Wycofywane pola",
  "Enum Values": "Wartości",
  "Deprecated Enum Values": "Wycofywane wartości",
  "Possible Types": "Możliwe typy",
  Implements: "Spełnia",
  Directives: "Dyrektywy",
};

const TEXTS = {
  "graphiql/esm/GraphiQL.js": [
    ["'Hide' : 'Show'", "'Ukryj' : 'Pokaż'"],
    ['"Prettify query (Shift-Ctrl-P)"', '"Uporządkuj zapytanie (Shift-Ctrl-P)"'],
    ['"Merge fragments into query (Shift-Ctrl-M)"', '"Wstaw fragmenty do zapytania (Shift-Ctrl-M)"'],
    ['"Copy query (Shift-Ctrl-C)"', '"Kopiuj zapytanie (Shift-Ctrl-C)"'],
    ['"Add tab"', '"Nowa karta"'],
    ['"Re-fetch GraphQL schema"', '"Wczytaj schemat jeszcze raz"'],
    ['"Open short keys dialog"', '"Skróty klawiszowe"'],
    ['"Open settings dialog"', '"Ustawienia"'],
    ['"Select active operation"', '"Otwarte operacje"'],
    ['"Query Editor"', '"Zapytanie"'],
    ['"Editor Commands"', '"Polecenia edytora"'],
    ['"Variables"', '"Zmienne"'],
    ['"Headers"', '"Nagłówki"'],
    ["'Variables'", "'Zmienne'"],
    ["'Headers'", "'Nagłówki'"],
    ["'Show editor tools'", "'Pokaż zmienne'"],
    ["'Hide editor tools'", "'Ukryj zmienne'"],
    ['"Short Keys"', '"Skróty klawiszowe"'],
    ['"Short Key"', '"Skrót"'],
    ['"Function"', '"Co robi"'],
    ['"The editors use"', '"Edytor zna też skróty:"'],
    ['"that add more short keys. This instance of Graph"', '"w tym Graph"'],
    ['"QL uses"', '"QL:"'],
    ['"Settings"', '"Ustawienia"'],
    ['"Clear storage"', '"Zapamiętane ustawienia"'],
    ['"Remove all locally stored data and start fresh."', '"Usuń ustawienia edytora i zacznij od nowa."'],
    ["'Cleared data'", "'Usunięto'"],
    ["'Failed'", "'Nie udało się'"],
    ["'Clear data'", "'Usuń'"],
    ["'Search in editor'", "'Szukaj w edytorze'"],
    ["'Search in documentation'", "'Szukaj w dokumentacji'"],
    ["'Execute query'", "'Wykonaj'"],
    ["'Prettify editors'", "'Uporządkuj'"],
    ["'Merge fragments definitions into operation definition'", "'Wstaw fragmenty do operacji'"],
    ["'Copy query'", "'Kopiuj zapytanie'"],
    ["'Re-fetch schema using introspection'", "'Wczytaj schemat jeszcze raz'"],
  ],
  "@graphiql/react/dist/index.mjs": [
    ['"Documentation Explorer"', '"Dokumentacja"'],
    ['title: "History"', 'title: "Historia zapytań"'],
    ['"aria-label": "History"', '"aria-label": "Historia zapytań"'],
    ['"Close Tab"', '"Zamknij kartę"'],
    ['"Close dialog"', '"Zamknij"'],
    ['"Result Window"', '"Odpowiedź"'],
    ['      "History",', '      "Historia zapytań",'],
    ['"Cleared"', '"Usunięto"'],
    ['"Failed to Clear"', '"Nie udało się"'],
    ['|| "Clear"', '|| "Usuń"'],
    ['"Type a label"', '"Nazwa"'],
    ['children: "Save"', 'children: "Zapisz"'],
    ['"Set active"', '"Otwórz"'],
    ['"Edit label"', '"Zmień nazwę"'],
    ['"Remove favorite"', '"Usuń z ulubionych"'],
    ['"Add favorite"', '"Dodaj do ulubionych"'],
    ['"Delete from history"', '"Usuń z historii"'],
    ['"Variables are invalid JSON"', '"Zmienne nie są poprawnym JSON-em"'],
    ['"Variables are not a JSON object."', '"Zmienne nie są obiektem JSON."'],
    ['name: "Docs"', 'name: "Dokumentacja"'],
    ['children: "Deprecated"', 'children: "Wycofywane"'],
    ['"Show Deprecated Arguments"', '"Pokaż wycofywane argumenty"'],
    ['"Show Deprecated Fields"', '"Pokaż wycofywane pola"'],
    ['"Show Deprecated Values"', '"Pokaż wycofywane wartości"'],
    [
      '"A GraphQL schema provides a root type for each kind of operation."',
      '"Kontrakt GraphQL: od tych typów zaczynają się operacje."',
    ],
    ['"No results found"', '"Nic nie znaleziono"'],
    ['"Other results"', '"Gdzie indziej"'],
    ['"Error fetching schema"', '"Nie udało się wczytać kontraktu"'],
    ['"No GraphQL schema available"', '"Nie ma kontraktu"'],
    ["`Search ${navItem.name}...`", "`Szukaj: ${navItem.name}`"],
    ["      props.title\n    ] });", `      (${JSON.stringify(SECTIONS)})[props.title] ?? props.title\n    ] });`],
    ["`Go back to ${prevName}`", "`Wróć: ${prevName}`"],
    ['`${isRunning ? "Stop" : "Execute"} query (Ctrl-Enter)`', '`${isRunning ? "Przerwij" : "Wykonaj"} (Ctrl-Enter)`'],
  ],
  "@graphiql/plugin-explorer/dist/index.mjs": [['"GraphiQL Explorer"', '"Składanie zapytania"']],
};

export function speakPolish() {
  return {
    name: "speak-polish",
    enforce: "pre",
    transform(code, id) {
      const file = Object.keys(TEXTS).find((name) => id.split("?")[0].endsWith(name));
      if (!file) return null;
      let polish = code;
      for (const [text, translated] of TEXTS[file]) {
        if (!polish.includes(text))
          this.error(`${file} says ${text} no longer: polish-graphiql.mjs needs another look.`);
        polish = polish.replaceAll(text, translated);
      }
      return { code: polish, map: null };
    },
  };
}
