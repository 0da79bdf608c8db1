#!/usr/bin/env bash
# Adds up what the test runners said, from the logs of a whole run.
set -euo pipefail
awk '
    /^test result:/ { passed += $4; failed += $6 }
    /^ +Tests +.*passed/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) passed += $i; if ($(i + 1) ~ /^failed/) failed += $i } }
    /^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3 }
    END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }
' "$@"
