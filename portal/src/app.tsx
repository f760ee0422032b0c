import { LocationProvider, Route, Router, useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { Private } from "./parts/private";
import { Shell } from "./parts/shell";
import { AccountHome } from "./screens/account";
import { AccountPart } from "./screens/account-part";
import { Booked } from "./screens/booked";
import { ClinicCalendar } from "./screens/clinic";
import { Clinics } from "./screens/clinics";
import { ConfirmAddress } from "./screens/confirm-address";
import { Home } from "./screens/home";
import { VisitLink } from "./screens/visit-link";
import { LogInScreen } from "./screens/log-in";
import { Mailbox } from "./screens/mailbox";
import { Move } from "./screens/move";
import { NotFound } from "./screens/not-found";
import { OfferScreen } from "./screens/offer";
import { Forgotten, ForgottenMailbox, OwnPasswordScreen } from "./screens/passwords";
import { PastVisits } from "./screens/past-visits";
import { Review } from "./screens/review";
import { SignUpScreen } from "./screens/sign-up";
import { VisitScreen } from "./screens/visit";
import { Visits } from "./screens/visits";
import { speak } from "./state/language";
import { turnPage } from "./state/notice";
import { polishPath } from "./state/paths";

const PRIVATE = {
  "/termin/:slot": Review,
  "/potwierdzone/:visit": Booked,
  "/wizyty": Visits,
  "/wizyty/minione": () => <PastVisits isCancelled={false} />,
  "/wizyty/odwolane": () => <PastVisits isCancelled />,
  "/wizyty/:visit": VisitScreen,
  "/wizyty/:visit/przeloz": Move,
  "/oferty/:offer": OfferScreen,
  "/konto": AccountHome,
  "/konto/:part": AccountPart,
} as const;

const guarded = Object.entries(PRIVATE).map(([path, Screen]) => {
  const Guarded = () => (
    <Private>
      <Screen />
    </Private>
  );
  return <Route path={path} component={Guarded} key={path} />;
});

function Screens() {
  const { path, url, route } = useLocation();
  const polish = polishPath(url);
  useEffect(() => {
    if (!polish) return;
    speak("en");
    route(polish, true);
  }, [polish]);
  useEffect(turnPage, [path]);
  return (
    <Router>
      <Route path="/" component={Home} />
      <Route path="/zaloz-konto" component={SignUpScreen} />
      <Route path="/zaloz-konto/poczta" component={Mailbox} />
      <Route path="/zaloguj" component={LogInScreen} />
      <Route path="/haslo" component={Forgotten} />
      <Route path="/haslo/poczta" component={ForgottenMailbox} />
      <Route path="/haslo/wlasne" component={OwnPasswordScreen} />
      <Route path="/rezerwacja" component={Clinics} />
      <Route path="/rezerwacja/:clinic" component={ClinicCalendar} />
      <Route path="/potwierdz" component={VisitLink} />
      <Route path="/potwierdz-adres" component={ConfirmAddress} />
      {guarded}
      <Route default component={NotFound} />
    </Router>
  );
}

export function App() {
  return (
    <LocationProvider>
      <Shell>
        <Screens />
      </Shell>
    </LocationProvider>
  );
}
