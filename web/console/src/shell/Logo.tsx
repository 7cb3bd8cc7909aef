export function Logo(props: { size: number }) {
  return (
    <svg width={props.size} height={props.size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0b7285" />
      <path
        d="M9 11h9a4 4 0 0 1 0 8h-3a2 2 0 0 0 0 4h8"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="9" cy="11" r="2.4" fill="#fff" />
      <circle cx="23" cy="23" r="2.4" fill="#fff" />
    </svg>
  );
}
