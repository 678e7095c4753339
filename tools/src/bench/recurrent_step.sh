#!/usr/bin/env bash
# recurrent_step.sh FOLDER [ROUNDS]    step_time.sh for models with loops: LSTM, GRU, tf.scan, and BERT + BiLSTM + CRF by Keras and by TensorFlow 1
#
# FOLDER takes the SavedModels of recurrent_models.py, which BELAY_PYTHON [python3.10] writes where they are missing. ROUNDS [3] and the other variables
# are those of step_time.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ $# -lt 1 ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
[[ -e $1/v1_bert_bilstm_crf ]] || "${BELAY_PYTHON:-python3.10}" "$here/recurrent_models.py" "$1"
for model in lstm gru scan; do
  echo "== $model"
  "$here/step_time.sh" "$1/$model" "${2:-3}"
done
for model in bert_bilstm_crf v1_bert_bilstm_crf; do
  echo "== $model"
  LABELS=tokens CLASSES=9 BATCH=${BATCH:-16} "$here/step_time.sh" "$1/$model" "${2:-3}"
done
