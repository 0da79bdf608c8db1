"""Gradient boosting as the peer of our judge: learns from one table of readings and scores another.

Both tables: customer number, 0 for right and 1 for wrong, and what a reading is known by. Prints one score a line, first the
threshold that lets one percent of right readings of customers it did not learn from through.
"""

import sys

import numpy
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict

learnt, asked, rate = numpy.loadtxt(sys.argv[1], delimiter=","), numpy.loadtxt(sys.argv[2], delimiter=","), float(sys.argv[3])


def model():
    return HistGradientBoostingClassifier(max_iter=200, learning_rate=0.08, max_leaf_nodes=31, random_state=1)


whose, wrong, known = learnt[:, 0], learnt[:, 1], learnt[:, 2:]
apart = cross_val_predict(model(), known, wrong, groups=whose, cv=GroupKFold(3), method="predict_proba")[:, 1]
print(repr(float(numpy.quantile(apart[wrong == 0], 1 - rate))))
for score in model().fit(known, wrong).predict_proba(asked[:, 2:])[:, 1]:
    print(repr(float(score)))
