// Customers: a list to search on the left, the chosen one on the right.
import { useParams } from "wouter";
import { EmptyState } from "../../components/states";
import classes from "./Customer.module.css";
import { CustomerList } from "./CustomerList";
import { CustomerView } from "./CustomerView";

export default function CustomersPage() {
  const id = useParams<{ customer?: string }>().customer;
  return (
    <div className={classes.layout} data-chosen={id ? true : undefined}>
      <CustomerList chosen={id ? decodeURIComponent(id) : null} />
      <div className={classes.detail}>
        {id ? (
          <CustomerView key={id} id={decodeURIComponent(id)} />
        ) : (
          <EmptyState title="Choose a customer">
            Their conversations on every channel, and what is known about them, are shown here.
          </EmptyState>
        )}
      </div>
    </div>
  );
}
