import { Suspense } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useSession } from "./api/session";
import { PageBoundary } from "./components/PageBoundary";
import { EmptyState, LoadingPage } from "./components/states";
import LoginPage from "./pages/login";
import { routes } from "./routes";
import { Shell } from "./shell/Shell";

export function App() {
  const { session } = useSession();
  const [location] = useLocation();
  if (!session) return <LoginPage />;
  return (
    <Shell key={session.user.id}>
      <PageBoundary place={location}>
        <Suspense fallback={<LoadingPage />}>
          <Switch>
            <Route path="/">
              <Redirect to="/inbox" replace />
            </Route>
            {routes.flatMap((route) =>
              route.paths.map((path) => <Route key={path} path={path} component={route.page} />),
            )}
            <Route>
              <EmptyState title="There is no such page" />
            </Route>
          </Switch>
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}
